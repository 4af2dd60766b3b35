import { describe, expect, it } from 'vitest'
import { createAddressGuard } from '../../../adapters/http/address-guard.ts'

const strict = createAddressGuard({ allowPrivate: false })
const lenient = createAddressGuard({ allowPrivate: true })

describe('address guard', () => {
  it.each([
    '0.0.0.0',
    '0.1.2.3',
    '169.254.169.254',
    '169.254.170.2',
    '224.0.0.1',
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.255',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    '::',
    'fe80::1',
    'fe80::1%eth0',
    'febf::1',
    'ff02::1',
    'fd00:ec2::254',
    'FD00:0EC2:0:0:0:0:0:254',
    'fd00:ec2::23',
    'fd20:ce::254',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '::169.254.169.254',
    '::ffff:0:169.254.169.254',
    '64:ff9b::169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::1',
    '::ffff:0.0.0.0',
    'not an address',
    '',
  ])('never allows %s', (address) => {
    expect(lenient(address, 443)).toEqual(expect.any(String))
    expect(strict(address, 443)).toEqual(expect.any(String))
  })

  it.each([
    '127.0.0.1',
    '127.255.255.254',
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    '100.127.255.255',
    '192.0.0.8',
    '198.18.0.1',
    '::1',
    '0:0:0:0:0:0:0:1',
    'fc00::1',
    'fd12:3456::1',
    'fec0::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::127.0.0.1',
    '::ffff:10.0.0.1',
    '64:ff9b::10.0.0.1',
    '64:ff9b:1::10.0.0.1',
    '2002:7f00:1::',
    '2001::1',
  ])('allows %s only with private addresses', (address) => {
    expect(lenient(address, 443)).toBeUndefined()
    expect(strict(address, 443)).toMatch(/loopback or private/)
  })

  it.each([
    '1.1.1.1',
    '8.8.8.8',
    '172.15.255.255',
    '172.32.0.1',
    '100.63.255.255',
    '100.128.0.1',
    '169.253.255.255',
    '2606:4700::1111',
    '::ffff:8.8.8.8',
    '64:ff9b::8.8.8.8',
    '2002:808:808::1',
  ])('allows %s', (address) => {
    expect(strict(address, 443)).toBeUndefined()
  })

  it.each([
    ['127.0.0.1:9001', '127.0.0.1', 9001],
    ['127.0.0.1:9001', '127.0.0.2', 9001],
    ['127.0.0.1:9001', '::1', 9001],
    ['127.0.0.1:9001', '::ffff:7f00:1', 9001],
    ['localhost:80', '127.0.0.1', 80],
    ['[::1]:9001', '127.0.0.1', 9001],
    ['10.1.2.3:8080', '10.1.2.3', 8080],
    ['[fd00::5]:8080', 'fd00:0::5', 8080],
  ])('with %s refused, never allows %s port %i', (entry, address, port) => {
    const guard = createAddressGuard({ allowPrivate: true, refuse: [entry] })
    expect(guard(address, port)).toMatch(/never allowed/)
    expect(guard(address, port + 1)).toBeUndefined()
  })

  it.each(['127.0.0.1', 'runtime.internal:9001', '', ':80'])('rejects the entry %j', (entry) => {
    expect(() => createAddressGuard({ allowPrivate: true, refuse: [entry] })).toThrow(/refuse/)
  })
})
