// Runs before anything that uses libuv's threads, which are made at their first use. libuv gives name
// look-ups the half of them, and keeps the other for files, so 128 make 64 look-ups: docs/adr/0037.
// https://docs.libuv.org/en/v1.x/threadpool.html
process.env.UV_THREADPOOL_SIZE ??= '128'
