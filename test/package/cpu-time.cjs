// Says on stderr, when the process ends, how many microseconds of processor time it took.
process.on('exit', () => {
  const { user, system } = process.cpuUsage()
  process.stderr.write(String(user + system))
})
