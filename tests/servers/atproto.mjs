// Runs the AT Protocol's own servers for the tests: a directory of accounts (PLC), a data server
// (PDS) and, if asked for, an AppView. The first argument is the folder they are installed in, the
// second what to run, as JSON.
//
// Prints one line of JSON when all answer. Each line on stdin is a command ("restart-pds") and is
// answered by one line. Ends when stdin closes, so that nothing outlives who started it.

import net from 'node:net'
import { createInterface } from 'node:readline'
import { createRequire } from 'node:module'

const { TestNetwork, TestNetworkNoAppView, TestPds } = createRequire(`${process.argv[2]}/`)(
  '@atproto/dev-env',
)

// The servers name a port only, which would open it to the whole network.
const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (...args) {
  if (typeof args[0] === 'number' || typeof args[0] === 'string') {
    const rest = args.slice(1).filter((one) => typeof one === 'function')
    return listen.call(this, { port: Number(args[0]), host: '127.0.0.1' }, ...rest)
  }
  return listen.apply(this, args)
}

const say = (answer) => process.stdout.write(JSON.stringify(answer) + '\n')
const wanted = JSON.parse(process.argv[3])
const appview = wanted.appview !== undefined
const network = await (appview ? TestNetwork : TestNetworkNoAppView).create({
  plc: { port: wanted.plc },
  pds: wanted.pds,
  ...(appview
    ? {
        dbPostgresUrl: wanted.appview.database,
        dbPostgresSchema: 'bsky',
        bsky: {
          port: wanted.appview.port,
          publicUrl: `http://localhost:${wanted.appview.port}`,
          dbPostgresSchema: 'bsky',
        },
        ozone: { dbMaterializedViewRefreshIntervalMs: 600000 },
      }
    : {}),
})
say({ ready: true })

for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'stop-pds') {
    await network.pds.close()
  } else if (line === 'start-pds') {
    network.pds = await TestPds.create({ didPlcUrl: network.plc.url, ...wanted.pds })
  } else if (line === 'pause-appview') {
    await network.bsky.sub.destroy()
  } else if (line === 'resume-appview') {
    await network.bsky.sub.restart()
  } else if (line === 'settle') {
    await network.processAll()
  }
  say({ done: line })
}
process.exit(0)
