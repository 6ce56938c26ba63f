import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** What tests of TLS need, all issued by one authority that nobody else trusts. */
export interface Certificates {
  readonly authority: KeyPair;
  /** For `localhost`, `127.0.0.1` and `::1`. */
  readonly server: KeyPair;
  /** For `elsewhere.invalid` only. */
  readonly wrongHost: KeyPair;
  /** For a client, named `client`. */
  readonly client: KeyPair;
}

/** Makes fresh certificates, valid for a day, with the `openssl` command; nothing stays on disk. */
export async function createCertificates(): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), 'ieum-certificates-'));
  try {
    await writeFile(join(folder, 'openssl.cnf'), configuration);
    const authority = await createAuthority(folder);
    const [server, wrongHost, client] = await Promise.all([
      issue(folder, 'server', 'localhost'),
      issue(folder, 'wrong-host', 'elsewhere.invalid'),
      issue(folder, 'client', 'client'),
    ]);
    return { authority, server, wrongHost, client };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function createAuthority(folder: string): Promise<KeyPair> {
  await openssl(folder, [
    ...['req', '-x509', '-days', '1', '-subj', '/CN=ieum test authority', '-extensions', 'authority'],
    ...[...newKey, '-keyout', 'authority.key', '-out', 'authority.crt'],
  ]);
  return readPair(folder, 'authority');
}

async function issue(folder: string, name: keyof typeof serials, commonName: string): Promise<KeyPair> {
  const request = ['-keyout', `${name}.key`, '-out', `${name}.csr`];
  await openssl(folder, ['req', '-new', '-subj', `/CN=${commonName}`, ...newKey, ...request]);
  await openssl(folder, [
    ...['x509', '-req', '-days', '1', '-in', `${name}.csr`, '-out', `${name}.crt`],
    ...['-CA', 'authority.crt', '-CAkey', 'authority.key', '-set_serial', serials[name]],
    ...['-extfile', 'openssl.cnf', '-extensions', name],
  ]);
  return readPair(folder, name);
}

async function readPair(folder: string, name: string): Promise<KeyPair> {
  const [cert, key] = await Promise.all([
    readFile(join(folder, `${name}.crt`), 'utf8'),
    readFile(join(folder, `${name}.key`), 'utf8'),
  ]);
  return { cert, key };
}

async function openssl(folder: string, args: readonly string[]): Promise<void> {
  try {
    await promisify(execFile)('openssl', args, { cwd: folder });
  } catch (cause) {
    throw new Error('The tests make their certificates with the openssl command, which failed', { cause });
  }
}

const newKey = [
  ...['-config', 'openssl.cnf', '-sha256', '-nodes'],
  ...['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'],
];

const serials = { server: '2', 'wrong-host': '3', client: '4' } as const;

const configuration = `
[req]
distinguished_name = name
prompt = no
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1
[wrong-host]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = DNS:elsewhere.invalid
[client]
basicConstraints = CA:FALSE
extendedKeyUsage = clientAuth
`;
