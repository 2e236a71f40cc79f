import { make } from './elements.ts';

/**
 * Shows the camera, and takes one picture.
 * @returns the picture; undefined if the visitor thought better of it
 * @throws Error where there is no camera, or the visitor does not allow it
 */
export async function photograph(): Promise<Blob | undefined> {
  const stream = await openCamera();
  const video = make('video', { srcObject: stream, playsInline: true, muted: true, autoplay: true });
  let taken: Blob | undefined;
  const take = async () => {
    const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
    canvas.getContext('2d')!.drawImage(video, 0, 0);
    taken = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.95 });
    dialog.close();
  };
  const dialog = make(
    'dialog',
    { class: 'camera', aria: { label: 'Camera' } },
    video,
    make(
      'div',
      { class: 'buttons' },
      make('button', { type: 'button', on: { click: take } }, 'Take it'),
      make('button', { type: 'button', class: 'quiet', on: { click: () => dialog.close() } }, 'Cancel'),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener('close', resolve, { once: true }));
  for (const track of stream.getTracks()) track.stop();
  dialog.remove();
  return taken;
}

async function openCamera(): Promise<MediaStream> {
  try {
    return await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
  } catch (error) {
    const isRefused = error instanceof DOMException && error.name === 'NotAllowedError';
    throw new Error(isRefused ? 'The camera may not be used on this page.' : 'There is no camera here.');
  }
}
