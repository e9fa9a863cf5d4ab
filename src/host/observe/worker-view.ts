// A worker as {@link HostView} looks at it.

import type { Worker } from '../worker.ts';
import { HostView, type ViewedConnector } from './host-view.ts';

export function viewOf(worker: Worker): HostView {
  return new HostView({ environment: worker.environment, viewed: () => viewed(worker) });
}

function* viewed(worker: Worker): Iterable<ViewedConnector> {
  for (const name of worker.names()) {
    if (!worker.has(name)) continue;
    const { config, status, tasks, isHere } = worker.get(name);
    const here = tasks.filter((task) => task.isHere);
    yield {
      name,
      config,
      state: isHere ? status.state : null,
      tasks: here.map(({ id, status: own, settled }) => ({ id, state: own.state, settled })),
    };
  }
}
