// Loaded into a server process before its program: kills it when a transaction is committed in which a connection was told authorized,
// before it can tell anybody, or answer.
const { PostgresQueryRunner } = require('typeorm/driver/postgres/PostgresQueryRunner');

const { query } = PostgresQueryRunner.prototype;
const telling = new WeakSet();

PostgresQueryRunner.prototype.query = async function (...given) {
  const [sql, values] = given;
  const result = await query.apply(this, given);
  if (/^INSERT INTO "happening"/.test(sql) && values?.includes('AUTHORIZED')) telling.add(this);
  if (sql === 'COMMIT' && telling.has(this)) process.kill(process.pid, 'SIGKILL');
  return result;
};
