#!/usr/bin/env bash
# aws-cdk-lib 2.276.0, constructs 10.8.1.
# A queue's name may be a CloudFormation parameter. With `fifo: true` the queue is then refused in synth ("FIFO queue names
# must end in '.fifo'"), whatever the parameter's default and pattern say, and also where the name is a join that ends in
# .fifo. Without `fifo: true` it is taken and has no FifoQueue, although the same name as a literal makes it FIFO by itself.
# Only a template text that ends in .fifo ("${parameter}.fifo") works.
# Seen: parameter, fifo: refused; join, fifo: refused; parameter: FifoQueue undefined; literal: FifoQueue true; suffix, fifo: FifoQueue true
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --loglevel error --no-audit --no-fund aws-cdk-lib@2.276.0 constructs@10.8.1
cat >see.mjs <<'JS'
import { App, aws_sqs, CfnParameter, Fn, Stack } from 'aws-cdk-lib'
const stack = new Stack(new App(), 'Queues')
const name = new CfnParameter(stack, 'Name', { default: 'events.fifo', allowedPattern: '^[a-z]+\\.fifo$' }).valueAsString
const cases = {
  'parameter, fifo': { queueName: name, fifo: true },
  'join, fifo': { queueName: Fn.join('', ['events', '.fifo']), fifo: true },
  parameter: { queueName: name },
  literal: { queueName: 'events.fifo' },
  'suffix, fifo': { queueName: `${name}.fifo`, fifo: true },
}
const seen = Object.entries(cases).map(([label, properties], at) => {
  try {
    const queue = new aws_sqs.Queue(stack, `Queue${at}`, properties)
    return `${label}: FifoQueue ${queue.node.defaultChild.fifoQueue}`
  } catch (error) {
    if (!error.message.includes("must end in '.fifo'")) throw error
    return `${label}: refused`
  }
})
console.log(seen.join('; '))
JS
seen=$(node see.mjs)
echo "$seen"
[ "$seen" = 'parameter, fifo: refused; join, fifo: refused; parameter: FifoQueue undefined; literal: FifoQueue true; suffix, fifo: FifoQueue true' ]
