// A worker as {@link HostView} looks at it.
import { HostView, type ViewedConnector } from './host-view.ts';
import type { Worker } from './worker.ts';

export function viewOf(worker: Worker): HostView {
  return new HostView({ environment: worker.environment, viewed: () => viewed(worker) });
}

function* viewed(worker: Worker): Iterable<ViewedConnector> {
  for (const name of worker.names()) {
    if (!worker.has(name)) continue;
    const { config, status, tasks } = worker.get(name);
    yield {
      name,
      config,
      state: status.state,
      tasks: tasks.map(({ id, status: own, settled }) => ({ id, state: own.state, settled })),
    };
  }
}
