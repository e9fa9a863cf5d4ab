await new Promise(() => {});
export const plugins = [];
