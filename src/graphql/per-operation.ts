/** Things that live as long as one operation, such as the batches in which its rows are read. */

/** A function that creates its value once for each context, and drops it with the context. */
export function perOperation<Context extends object, Value>(
  create: (context: Context) => Value,
): (context: Context) => Value {
  const values = new WeakMap<Context, Value>();
  return (context) => {
    const value = values.get(context) ?? create(context);
    values.set(context, value);
    return value;
  };
}
