// What the host offers to those who wire it and to the layers above.

export { idleClientSettings } from './config/client-settings.ts';
export {
  applyConnectorFiles,
  type ConfigFiles,
  connectorsIn,
  type FileProblem,
  parseJson,
  readConfigFiles,
} from './config/config-files.ts';
export { type CreateRequest, connectorSettings, parseCreateRequest } from './config/create-request.ts';
export { frameworkConfig } from './config/framework-config.ts';
export { parseProperties } from './config/properties.ts';
export { type ConfigInfos, connectorOf, validateConnector } from './config/validate.ts';
export type { ConnectorInfo, ConnectorStatus, ConnectorView, ShownTask, TaskView } from './connector-views.ts';
export {
  DeadLetterDesk,
  type LetterHost,
  type LetterPage,
  type LetterTopic,
  type ReplayReport,
} from './dead-letters/dead-letter-desk.ts';
export { letterFilter, replayRequest, wholeNumber } from './dead-letters/dead-letter-request.ts';
export type { ShownBytes, ShownLetter } from './dead-letters/dead-letter-show.ts';
export { type Environment, type HostSettings, Services } from './environment.ts';
export { GroupFiles } from './group-files.ts';
export type { OtherSeat, OtherWork } from './herder/other-work.ts';
export { ALGORITHM_HEADER, SIGNATURE_HEADER } from './herder/peers.ts';
export type { Place } from './herder/seat.ts';
export type { MetricsDialect } from './observe/connect-metrics.ts';
export { HostView } from './observe/host-view.ts';
export { type PartitionLag, totalLag } from './observe/lag.ts';
export { withLag } from './observe/offset-lag.ts';
export { causeOf, rollUp, summaryOf } from './observe/status-summary.ts';
export { type PlanHost, type PlannedOffset, planOffsets } from './offset-plan.ts';
export { Providers } from './secrets/providers.ts';
export { shownConfig } from './secrets/secrets.ts';
export type { State, TargetState } from './states.ts';
export { Worker } from './worker.ts';
export type { OffsetEntry } from './worker-offsets.ts';
