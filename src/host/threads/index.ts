// Plugin threads, for those who wire them.
export type { ModuleDescription, PluginDescription } from './description.ts';
export { HostThread, type StartedThread, type StartThread, type ThreadStart } from './host-thread.ts';
export type { ModuleExports, Order, PluginModule, Report, ThreadSeed } from './messages.ts';
export { Pulse } from './pulse.ts';
export { ToldSamples } from './sample-changes.ts';
export { ThreadSide } from './thread-side.ts';
export { type IsolationMode, type IsolationSettings, Threads } from './threads.ts';
