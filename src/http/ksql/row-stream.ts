// Rows of a SELECT on the wire, in the three forms of the ksqlDB API.
//
// Laws: each member of a JSON array stands on its own line, and the metadata leaves in a frame of its own, because clients cut by
// line or by chunk. A client that goes away ends the query at once.
import type { Request, Response } from 'express';
import { type RowColumn, type RowStream, rowPrinter } from '../../queries/index.ts';
import { typeText } from '../../sql/types/type-text.ts';
import { bodyOfError } from './errors.ts';
import { MEDIA, type StreamForm } from './request.ts';

/** How members of one form are written. */
interface Framing {
  readonly mediaType: string;
  readonly header: string;
  row(json: string, tombstone: boolean): string;
  error(body: object): string;
  end(): string;
}

/** Sends the rows until they end or the client goes away; closes the stream. */
export async function sendRows(
  request: Request,
  response: Response,
  stream: RowStream,
  form: StreamForm,
): Promise<void> {
  const framing = FRAMINGS[form](stream);
  const print = rowPrinter(stream.columns.map(({ type }) => type));
  const onClose = (): void => {
    void stream.close();
  };
  response.on('close', onClose);
  request.on('aborted', onClose);
  try {
    response.status(200).setHeader('Content-Type', framing.mediaType);
    response.write(framing.header);
    for await (const batch of stream.rows()) {
      let text = '';
      for (const { cells, tombstone } of batch) text += framing.row(print(cells), tombstone);
      // A slow client holds the query back.
      if (text !== '' && !response.write(text)) await drained(response);
    }
    response.end(framing.end());
  } catch (error) {
    response.end(framing.error(bodyOfError(error).body));
  } finally {
    await stream.close();
  }
}

/** `` `ID` STRING KEY, `COUNT` BIGINT ``: only pull queries mark their keys. */
export function schemaText(columns: readonly RowColumn[], withKeys: boolean): string {
  return columns
    .map(
      ({ name, type, isKey }) =>
        `\`${name.replaceAll('`', '``')}\` ${typeText(type)}${withKeys && isKey ? ' KEY' : ''}`,
    )
    .join(', ');
}

function drained(response: Response): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}

function metadata(stream: RowStream): string {
  return JSON.stringify({
    queryId: stream.queryId,
    columnNames: stream.columns.map(({ name }) => name),
    columnTypes: stream.columns.map(({ type }) => typeText(type)),
  });
}

const FRAMINGS: Readonly<Record<StreamForm, (stream: RowStream) => Framing>> = {
  delimited: (stream) => ({
    mediaType: MEDIA.delimited,
    header: `${metadata(stream)}\n`,
    row: (json) => `${json}\n`,
    error: (body) => `${JSON.stringify(body)}\n`,
    end: () => '',
  }),
  json: (stream) => ({
    mediaType: MEDIA.json,
    header: `[${metadata(stream)}`,
    row: (json) => `,\n${json}`,
    error: (body) => `,\n${JSON.stringify(body)}]`,
    end: () => ']',
  }),
  streamed: (stream) => (stream.kind === 'pull' ? pulled(stream) : pushed(stream)),
};

const rowMember = (json: string, tombstone: boolean): string =>
  `{"row":{"columns":${json}${tombstone ? ',"tombstone":true' : ''}}}`;

/** Nothing follows the last row of a pull query but the bracket: separators go before members. */
function pulled(stream: RowStream): Framing {
  return {
    mediaType: MEDIA.v1,
    header: `[${headerMember(stream, true)}`,
    row: (json, tombstone) => `,\n${rowMember(json, tombstone)}`,
    error: (body) => `,\n${JSON.stringify({ errorMessage: body })}]\n`,
    end: () => ']\n',
  };
}

/** A push query always ends with a message, so every line can be whole at once: a client shows a row when it comes. */
function pushed(stream: RowStream): Framing {
  return {
    mediaType: MEDIA.v1,
    header: `[${headerMember(stream, false)},\n`,
    row: (json, tombstone) => `${rowMember(json, tombstone)},\n`,
    error: (body) => `${JSON.stringify({ errorMessage: body })}]\n`,
    end: () => `${JSON.stringify({ finalMessage: stream.ended === 'limit' ? 'Limit Reached' : 'Query Completed' })}]\n`,
  };
}

function headerMember(stream: RowStream, withKeys: boolean): string {
  return JSON.stringify({ header: { queryId: stream.queryId, schema: schemaText(stream.columns, withKeys) } });
}
