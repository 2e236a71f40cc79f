/** Takes pictures that are dropped on the page or pasted. */
export function listenForFiles(page: HTMLElement, take: (file: Blob) => void): void {
  const pictureOf = (data: DataTransfer | null) =>
    [...(data?.files ?? [])].find(({ type }) => type.startsWith('image/'));
  const hasFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes('Files');
  page.addEventListener('dragover', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    page.classList.add('dropping');
  });
  page.addEventListener('dragleave', ({ relatedTarget }) => {
    if (!relatedTarget) page.classList.remove('dropping');
  });
  page.addEventListener('drop', (event) => {
    page.classList.remove('dropping');
    if (!hasFiles(event)) return;
    event.preventDefault();
    const picture = pictureOf(event.dataTransfer);
    if (picture) take(picture);
  });
  addEventListener('paste', ({ clipboardData }) => {
    const picture = pictureOf(clipboardData);
    if (picture) take(picture);
  });
}
