/** The small CLIP that ships in `assets/`, pre-trained on the embedded images (`pnpm pretrain`). */
export const embeddedClip = 'fmnist-clip.safetensors';
