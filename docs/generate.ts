// `npm run docs`: writes the generated pages of docs/reference.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { referencePages } from './generator/index.ts';

for (const [name, text] of await referencePages()) {
  writeFileSync(join(import.meta.dirname, 'reference', name), text);
}
