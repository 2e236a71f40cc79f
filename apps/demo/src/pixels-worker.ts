// The pixels of images at addresses. A thread of its own waits for them; on the page's, everything would.
addEventListener('message', async ({ data: address, ports: [port] }: MessageEvent<string>) => {
  try {
    const image = await createImageBitmap(await (await fetch(address)).blob());
    const pen = new OffscreenCanvas(image.width, image.height).getContext('2d', { willReadFrequently: true })!;
    pen.drawImage(image, 0, 0);
    const pixels = pen.getImageData(0, 0, image.width, image.height);
    port.postMessage({ pixels }, [pixels.data.buffer]);
  } catch (error) {
    port.postMessage({ error });
  }
});
