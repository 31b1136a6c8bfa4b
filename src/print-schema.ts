/** `npm run schema`: writes the schema that the code builds to schema.graphql. */
import { writeFileSync } from 'node:fs';
import { printedSchema } from './schema';

writeFileSync('schema.graphql', printedSchema());
