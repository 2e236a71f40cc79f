// Fetches pictures over TLS, as a process of its own: certificates to trust are read when Node starts.
import { RemoteImages } from '../../src/remote/fetch-image.ts';

const { hosts, addresses } = JSON.parse(process.argv[2]);
const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
const images = new RemoteImages({ hosts, bytes: 100, resolve, isAllowed: () => true });
const outcomes = [];
for (const address of addresses) {
  outcomes.push(
    await images.fetch(address).then(
      (bytes) => Buffer.from(bytes).toString(),
      ({ message }) => message,
    ),
  );
}
images.close();
console.log(JSON.stringify(outcomes));
