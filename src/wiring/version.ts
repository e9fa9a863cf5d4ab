/** The version of the product. */
export const PRODUCT_VERSION = '0.1.0';

/** The version of the Connect API we answer with: clients choose calls by it. */
export const CONNECT_VERSION = '4.1.0';
