// What the host offers to those who wire it and to the layers above.

export { idleClientSettings } from './client-settings.ts';
export {
  applyConnectorFiles,
  type ConfigFiles,
  connectorsIn,
  type FileProblem,
  parseJson,
  readConfigFiles,
} from './config-files.ts';
export type { MetricsDialect } from './connect-metrics.ts';
export { type CreateRequest, connectorSettings, parseCreateRequest } from './create-request.ts';
export {
  DeadLetterDesk,
  type LetterHost,
  type LetterPage,
  type LetterTopic,
  type ReplayReport,
} from './dead-letter-desk.ts';
export { letterFilter, replayRequest, wholeNumber } from './dead-letter-request.ts';
export type { ShownBytes, ShownLetter } from './dead-letter-show.ts';
export { type Environment, type HostSettings, Services } from './environment.ts';
export { frameworkConfig } from './framework-config.ts';
export { GroupFiles } from './group-files.ts';
export type { OtherSeat, OtherWork } from './herder/other-work.ts';
export { ALGORITHM_HEADER, SIGNATURE_HEADER } from './herder/peers.ts';
export type { Place } from './herder/seat.ts';
export type { HostView } from './host-view.ts';
export { type PartitionLag, totalLag } from './lag.ts';
export { withLag } from './offset-lag.ts';
export { type PlanHost, type PlannedOffset, planOffsets } from './offset-plan.ts';
export { parseProperties } from './properties.ts';
export { Providers } from './providers.ts';
export { shownConfig } from './secrets.ts';
export type { State, TargetState } from './states.ts';
export { causeOf, rollUp, summaryOf } from './status-summary.ts';
export { type ConfigInfos, connectorOf, validateConnector } from './validate.ts';
export {
  type ConnectorInfo,
  type ConnectorStatus,
  type ConnectorView,
  type ShownTask,
  type TaskView,
  Worker,
} from './worker.ts';
export type { OffsetEntry } from './worker-offsets.ts';
export { viewOf } from './worker-view.ts';
