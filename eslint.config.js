// How `npm run check` lints GraphQL: the schema that the build prints, and the examples against it. TypeScript is Biome's to lint.
const { default: graphql } = require('@graphql-eslint/eslint-plugin');

const common = {
  plugins: { '@graphql-eslint': graphql },
  languageOptions: {
    parser: graphql.parser,
    parserOptions: { graphQLConfig: { schema: 'schema.graphql', documents: 'examples/**/*.graphql' } },
  },
};

module.exports = [
  {
    ...common,
    files: ['schema.graphql'],
    rules: {
      ...graphql.configs['flat/schema-recommended'].rules,
      '@graphql-eslint/no-scalar-result-type-on-mutation': 'error',
      '@graphql-eslint/relay-page-info': 'error',
      '@graphql-eslint/require-nullable-fields-with-oneof': 'error',
      '@graphql-eslint/require-description': [
        'error',
        {
          types: true,
          rootField: true,
          DirectiveDefinition: true,
          EnumValueDefinition: true,
          FieldDefinition: true,
          InputValueDefinition: true,
        },
      ],
      // Off: `Grant.grantedScopes` and `ProviderError.providerError` are the words of their field, not a repeated type name.
      '@graphql-eslint/no-typename-prefix': 'off',
      // Off: only what implements `Node` has an id; a payload, a page or a form is found nowhere by one.
      '@graphql-eslint/strict-id-in-types': 'off',
      // Not chosen: `input-name` (mutations of one thing take `id` beside `input`), `alphabetize` (printing sorts already), the rules
      // on Relay's `Connection` types (ours is a connected account; lists are `…Page`, and `test/schema.test.ts` checks their shape).
    },
  },
  {
    ...common,
    files: ['examples/**/*.graphql'],
    rules: graphql.configs['flat/operations-recommended'].rules,
  },
];
