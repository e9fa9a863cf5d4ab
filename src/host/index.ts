// What the host offers to those who wire it and to the layers above.
export { applyConnectorFiles, type ConfigFiles, type FileProblem, parseJson, readConfigFiles } from './config-files.ts';
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
export { parseProperties } from './properties.ts';
export { Providers } from './providers.ts';
export { shownConfig } from './secrets.ts';
export type { State, TargetState } from './states.ts';
export { type ConfigInfos, connectorOf, validateConnector } from './validate.ts';
export { type ConnectorInfo, type ConnectorStatus, Worker } from './worker.ts';
export type { OffsetEntry } from './worker-offsets.ts';
