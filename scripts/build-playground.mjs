/** Bundles the playground (`playground/`, GraphiQL, the story of `examples/story/`) into `dist/playground/`, when something changed. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const source = join(root, 'playground');
const story = join(root, 'examples/story');
const target = join(root, 'dist/playground');
const stampFile = join(target, '.built-from');

const filesOf = (folder) =>
  readdirSync(folder)
    .sort()
    .map((name) => join(folder, name));

/** What the result depends on, as one hash: our own files, and the lock file for everything installed. */
function stampOfInputs() {
  const hash = createHash('sha256');
  for (const file of [
    ...filesOf(source),
    ...filesOf(story),
    fileURLToPath(import.meta.url),
    join(root, 'package-lock.json'),
  ])
    hash.update(relative(root, file)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

/** The tabs of the story in the order of the file names; a step without a `.json` has no variables. */
function storyTabs() {
  return filesOf(story)
    .filter((file) => file.endsWith('.graphql'))
    .map((file) => {
      const variables = file.replace(/\.graphql$/, '.json');
      return { query: read(file), variables: existsSync(variables) ? read(variables) : '' };
    });
}

const read = (file) => readFileSync(file, 'utf8').trimEnd();

/**
 * GraphiQL's style sheet carries two font families in base64, four fifths of it; ours asks for the system's fonts instead.
 * The images in it are CodeMirror's, and GraphiQL hides them. Without both the page needs no `data:` in its policy.
 */
const withoutEmbeddedFiles = {
  name: 'without-embedded-files',
  setup(build) {
    build.onLoad({ filter: /[\\/]graphiql[\\/]dist[\\/]style\.css$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(/@font-face\s*\{[^}]*\}|background-image:\s*url\([^)]*\);/g, ''),
      loader: 'css',
    }));
  },
};

async function bundle() {
  const { build } = await import('esbuild');
  return build({
    absWorkingDir: root,
    entryPoints: [join(source, 'page.tsx')],
    entryNames: '[name]-[hash]',
    outdir: target,
    bundle: true,
    minify: true,
    // GraphiQL derives the titles of its icons from the names of functions.
    keepNames: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"', STORY: JSON.stringify(storyTabs()) },
    alias: { 'react-style-singleton': join(source, 'no-injected-styles.ts') },
    plugins: [withoutEmbeddedFiles],
    legalComments: 'none',
    metafile: true,
    write: false,
  });
}

/** The licences of everything bundled, since minifying takes them out of the code. */
function licences(inputs) {
  const packages = new Set(
    inputs.map((file) => file.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0]).filter(Boolean),
  );
  return [...packages].sort().map((folder) => {
    const { name, version, license } = JSON.parse(read(join(root, folder, 'package.json')));
    const file = filesOf(join(root, folder)).find((path) => /^licen[cs]e/i.test(basename(path)));
    return `${name} ${version} (${license})\n\n${file ? read(file) : ''}\n`;
  });
}

/** Writes a file, and beside it what a browser that takes brotli or gzip gets instead. */
function write(name, contents) {
  const bytes = Buffer.from(contents);
  writeFileSync(join(target, name), bytes);
  writeFileSync(
    join(target, `${name}.br`),
    brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
  );
  writeFileSync(join(target, `${name}.gz`), gzipSync(bytes, { level: 9 }));
}

const stamp = stampOfInputs();
if (!existsSync(stampFile) || read(stampFile) !== stamp) {
  const { outputFiles, metafile } = await bundle();
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  let html = read(join(source, 'page.html'));
  for (const { path, contents } of outputFiles) {
    const name = basename(path);
    html = html.replace(`/${name.replace(/-\w+\./, '.')}"`, `/${name}"`);
    write(name, contents);
  }
  write('page.html', html);
  write('icon.svg', read(join(source, 'icon.svg')));
  write('licences.txt', licences(Object.keys(metafile.inputs)).join('\n'));
  writeFileSync(stampFile, stamp);
}
