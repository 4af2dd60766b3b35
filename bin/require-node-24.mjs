// Runs before anything else, on whatever Node started it, so it must stay plain JavaScript.
// `npm ci` brings Node 24 on Linux, and npm scripts use it; elsewhere the machine's own must do.
const major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  process.stderr.write(
    `flux-relay needs Node.js 24 or later, and this is ${process.versions.node}.\n` +
      'On Linux (x64, arm64) run it through npm: `npm ci && npm start` brings its own Node.js 24.\n' +
      'On macOS install Node.js 24 first: https://nodejs.org/en/download\n',
  )
  process.exit(1)
}
