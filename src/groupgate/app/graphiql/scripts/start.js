// Asks the server for its mode and its vendors while the browser still loads the explorer's script.

import { requestMode, requestVendors } from "./api.js";

globalThis.groupgateStart = {
  mode: requestMode(),
  vendors: requestVendors().catch(() => null),
};
