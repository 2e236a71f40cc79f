/** A model that OpenAI published. */
export interface OpenAiModel {
  readonly file: string;
  /** Checksum, also part of the address. */
  readonly sha256: string;
  /** The Hugging Face repository with the same weights in open_clip's form, for when OpenAI's host does not answer. */
  readonly copy: string;
}

/** OpenAI's CLIP models under OpenAI's names; files and checksums from `_MODELS` in clip/clip.py of openai/CLIP. */
export const openAiModels: Readonly<Record<string, OpenAiModel>> = {
  RN50: {
    file: 'RN50.pt',
    sha256: 'afeb0e10f9e5a86da6080e35cf09123aca3b358a0c3e3b6c78a7b63bc04b6762',
    copy: 'timm/resnet50_clip.openai',
  },
  RN101: {
    file: 'RN101.pt',
    sha256: '8fa8567bab74a42d41c5915025a8e4538c3bdbe8804a470a72f30b0d94fab599',
    copy: 'timm/resnet101_clip.openai',
  },
  RN50x4: {
    file: 'RN50x4.pt',
    sha256: '7e526bd135e493cef0776de27d5f42653e6b4c8bf9e0f653bb11773263205fdd',
    copy: 'timm/resnet50x4_clip.openai',
  },
  RN50x16: {
    file: 'RN50x16.pt',
    sha256: '52378b407f34354e150460fe41077663dd5b39c54cd0bfd2b27167a4a06ec9aa',
    copy: 'timm/resnet50x16_clip.openai',
  },
  RN50x64: {
    file: 'RN50x64.pt',
    sha256: 'be1cfb55d75a9666199fb2206c106743da0f6468c9d327f3e0d0a543a9919d9c',
    copy: 'timm/resnet50x64_clip.openai',
  },
  'ViT-B/32': {
    file: 'ViT-B-32.pt',
    sha256: '40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af',
    copy: 'timm/vit_base_patch32_clip_224.openai',
  },
  'ViT-B/16': {
    file: 'ViT-B-16.pt',
    sha256: '5806e77cd80f8b59890b7e101eabd078d9fb84e6937f9e85e4ecb61988df416f',
    copy: 'timm/vit_base_patch16_clip_224.openai',
  },
  'ViT-L/14': {
    file: 'ViT-L-14.pt',
    sha256: 'b8cca3fd41ae0c99ba7e8951adf17d267cdb84cd88be6f7c2e0eca1737a03836',
    copy: 'timm/vit_large_patch14_clip_224.openai',
  },
  'ViT-L/14@336px': {
    file: 'ViT-L-14-336px.pt',
    sha256: '3035c92b350959924f9f00213499208652fc7ea050643e8b385c2dac08641f02',
    copy: 'timm/vit_large_patch14_clip_336.openai',
  },
};

export const openAiUrl = ({ file, sha256 }: OpenAiModel): string =>
  `https://openaipublic.azureedge.net/clip/models/${sha256}/${file}`;

/** How the weights of a Hugging Face repository are named, best first. */
export const hubWeights: readonly string[] = [
  'open_clip_model.safetensors',
  'model.safetensors',
  'model.safetensors.index.json',
  'open_clip_pytorch_model.bin',
  'pytorch_model.bin',
];
