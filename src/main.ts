#!/usr/bin/env node
/** The program: starts the server, tells where it is, and stops it on a signal; or runs one of its commands. */
import './stop-signal';
import { commands } from './commands';
import { type Command, UsageError } from './commands/command';
import { ConfigError, readConfig, settingsHelp, version } from './config';
import { createLog } from './log';
import { startServer } from './server';
import { stopSignal } from './stop-signal';

const usage = `Grapnel ${version()}: an open GraphQL server for custom connectors.

Usage: grapnel [--help | --version]       (in a checkout: npm start)
${commands.map(commandHelp).join('')}
Settings, read from the environment; all that are wrong are reported together:

${settingsHelp()}
`;

/** How long a stop may take before it is forced, in milliseconds: longer than the longest call to an API that is usual. */
const STOP_LIMIT = 60_000;

async function main([argument, ...others]: string[]): Promise<void> {
  if (argument === '--help' || argument === '-h') return print(usage);
  if (argument === '--version' || argument === '-v') return print(`${version()}\n`);
  const command = commands.find(({ name }) => name === argument);
  if (argument !== undefined && !command) return fail(`grapnel: unknown argument ${argument}; see --help`);
  const config = readConfig();
  const log = createLog(config.logLevel);
  if (command) {
    // Nothing of a command has to be finished: what it began is undone, or told as broken off the next time.
    void stopSignal.then((signal) => fail(`grapnel: stopped by ${signal}.`));
    if (!(await command.run(others, { config, log, print }))) process.exitCode = 1;
    return;
  }
  const server = await startServer(config, log);
  log.info({ url: server.url, address: server.address, version: version() }, 'Grapnel is listening');
  print(welcome(server.url, server.generatedKey));

  log.info({ signal: await stopSignal }, 'Stopping');
  setTimeout(() => fail('grapnel: requests under way did not end in time; stopped all the same.'), STOP_LIMIT).unref();
  await server.close();
  log.info('Stopped');
}

function commandHelp({ name, usage, help }: Command): string {
  return `       grapnel ${name} ${usage}\n           ${help}\n`;
}

function welcome(url: string, generatedKey: string | undefined): string {
  const key =
    generatedKey &&
    `  Owner's API key   ${generatedKey}\n                    Told this once: keep it. It is what the playground asks for.\n`;
  return `\n  Playground        ${url}/\n  GraphQL           ${url}/graphql\n${key ?? ''}\n`;
}

function print(text: string): void {
  process.stdout.write(text);
}

function fail(message: string): void {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

main(process.argv.slice(2)).catch((error: Error & { code?: string }) => {
  if (error instanceof ConfigError || error instanceof UsageError) return fail(error.message);
  if (error.code === 'EADDRINUSE') return fail(`grapnel: ${error.message}; choose another PORT.`);
  // An error that stands for several, as when no address of a host answers, has a code but no message.
  fail(`grapnel: ${error.message || error.code}`);
});
