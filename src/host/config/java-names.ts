// Java class names for our errors: dead letters are read by tools that were written for Kafka Connect.
import { TributaryError } from '../../core/errors.ts';

/** The class a Kafka Connect worker would most likely name. */
export function javaClassOf(error: Error): string {
  if (!(error instanceof TributaryError)) return 'org.apache.kafka.connect.errors.ConnectException';
  switch (error.kind) {
    case 'data':
      return 'org.apache.kafka.connect.errors.DataException';
    case 'transient':
      return 'org.apache.kafka.connect.errors.RetriableException';
    case 'config':
      return 'org.apache.kafka.common.config.ConfigException';
    default:
      return 'org.apache.kafka.connect.errors.ConnectException';
  }
}
