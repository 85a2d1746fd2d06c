// Loaded before Azurite (node --require): its standard input is a pipe that nobody writes into, and that closes when the
// process that holds the other end is gone, however it went.
const PATIENCE = 5000; // milliseconds for an end in order

process.stdin.on("error", () => {});
process.stdin.on("close", () => {
  setTimeout(() => process.exit(1), PATIENCE).unref();
  process.kill(process.pid, "SIGTERM");
});
process.stdin.resume();
process.stdin.unref(); // it does not keep an Azurite that was told to end
