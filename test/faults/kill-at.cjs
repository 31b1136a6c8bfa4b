// Loaded into a server process before its program: numbers the steps it takes (transactions, changes, requests) and kills it at the one
// that the test names, with no moment's notice. Asked `{ killAt }` (0: never), it counts anew from then on; asked `{ steps }`, it lists them.
// A command, which nobody can ask before it begins, is told by FAULT_KILL_AT, and writes each step (counts too) to the file FAULT_STEPS.
const { appendFileSync } = require('node:fs');
const { resolve } = require('node:path');
const { BetterSqlite3QueryRunner } = require(
  require.resolve('typeorm/driver/better-sqlite3/BetterSqlite3QueryRunner', { paths: [process.argv[1]] }),
);
const door = require(resolve(process.argv[1], '../outbound/exchange.js'));

/** `busy`: for how long SQLite waits for a lock, in milliseconds; as usual when it is not set. */
const { FAULT_BUSY_TIMEOUT: busy, FAULT_KILL_AT = '0', FAULT_STEPS: list } = process.env;
const counted = list
  ? /^\s*(BEGIN|COMMIT|INSERT|UPDATE|DELETE|SELECT COUNT)/
  : /^\s*(BEGIN|COMMIT|INSERT|UPDATE|DELETE)/;

let [steps, killAt] = [[], Number(FAULT_KILL_AT)];

function step(name) {
  if (list) appendFileSync(list, `${name}\n`);
  if (steps.push(name) === killAt) process.kill(process.pid, 'SIGKILL');
}

process.on('message', (asked) => {
  if ('killAt' in asked) [steps, killAt] = [[], asked.killAt];
  process.send({ steps });
});

const { query } = BetterSqlite3QueryRunner.prototype;
BetterSqlite3QueryRunner.prototype.query = async function (...given) {
  const [, word = ''] = counted.exec(given[0]) ?? [];
  if (word === 'BEGIN' || word === 'COMMIT') step(`before ${word}`);
  if (word === 'BEGIN' && busy) await query.call(this, `PRAGMA busy_timeout = ${busy}`);
  const result = await query.apply(this, given);
  if (word) step(`after ${word}`);
  return result;
};

const { exchange } = door;
door.exchange = async (...given) => {
  step('before the request');
  const answer = await exchange(...given);
  step('after the answer');
  return answer;
};
