// A worker as {@link HostView} looks at it.

import type { Worker } from '../worker.ts';
import { HostView } from './host-view.ts';

export function viewOf(worker: Worker): HostView {
  return new HostView({ environment: worker.environment, viewed: () => worker.viewed() });
}
