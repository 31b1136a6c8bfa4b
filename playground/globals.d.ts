/** What the build (`scripts/build-playground.mjs`) gives the page besides modules. */

/** The tabs of the story, in order: `examples/story/*.graphql` with their variables. */
declare const STORY: { query: string; variables: string }[];

/** Style sheets are bundled, not imported as values. */
declare module '*.css';
