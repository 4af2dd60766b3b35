#!/usr/bin/env bash
# moto 5.2.5 (server mode), boto3 1.44.8.
# DynamoDB decides a conditional write and makes it in one step, so of several writers who ask for an item that must not
# exist one wins. moto's server looks and writes in two steps and serves its requests in threads: now and then two of eight
# are told that they won. A test of a lock on moto can fail without a fault in the lock, or show none. How often depends on
# when Python changes threads: with its own interval (5 ms) in none to some of 1,000 rounds, with that of here in about 70.
# Seen: of eight puts with attribute_not_exists more than one succeeded
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv tools
tools/bin/pip -q install 'moto[server,dynamodb]==5.2.5' boto3==1.44.8
cat >see.py <<'PY'
import socket, subprocess, sys, threading, time, urllib.request
import boto3
from botocore.config import Config

with socket.socket() as free:
    free.bind(('127.0.0.1', 0))
    port = str(free.getsockname()[1])
quiet = subprocess.DEVNULL
program = 'import sys; sys.setswitchinterval(1e-5); from moto.server import main; main()'
server = subprocess.Popen([sys.executable, '-c', program, '-H', '127.0.0.1', '-p', port], stdout=quiet, stderr=quiet)

def client():
    return boto3.client('dynamodb', endpoint_url=f'http://127.0.0.1:{port}', region_name='us-east-1',
                        aws_access_key_id='none', aws_secret_access_key='none', config=Config(retries={'max_attempts': 0}))

def winners(round, clients):
    won, together = [], threading.Barrier(len(clients))
    def put(number, mine):
        together.wait()
        try:
            mine.put_item(TableName='locks', Item={'name': {'S': str(round)}, 'owner': {'N': str(number)}},
                          ConditionExpression='attribute_not_exists(#n)', ExpressionAttributeNames={'#n': 'name'})
            won.append(number)
        except mine.exceptions.ConditionalCheckFailedException:
            pass
    threads = [threading.Thread(target=put, args=pair) for pair in enumerate(clients)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    return len(won)

try:
    for _ in range(100):
        try:
            urllib.request.urlopen(f'http://127.0.0.1:{port}/moto-api/')
            break
        except OSError:
            time.sleep(0.1)
    client().create_table(TableName='locks', BillingMode='PAY_PER_REQUEST',
                          KeySchema=[{'AttributeName': 'name', 'KeyType': 'HASH'}],
                          AttributeDefinitions=[{'AttributeName': 'name', 'AttributeType': 'S'}])
    clients = [client() for _ in range(8)]
    more = any(winners(round, clients) > 1 for round in range(1000))
    print('of eight puts with attribute_not_exists', 'more than one' if more else 'always one', 'succeeded')
finally:
    server.terminate()
PY
seen=$(tools/bin/python see.py)
echo "$seen"
[ "$seen" = 'of eight puts with attribute_not_exists more than one succeeded' ]
