/** Decides by its bytes alone whether an upload is a whole PNG or JPEG image and nothing else, and how large it is. */
import { ImageFault, type ImageSize } from './fault';
import { isJpeg, readJpeg } from './jpeg';
import { isPng, readPng } from './png';

/** A logo has fewer bytes than this: 1 MiB. */
export const LOGO_MAX_BYTES = 1_048_576;

export type Inspection =
  | ({ readonly ok: true; readonly mediaType: 'image/png' | 'image/jpeg' } & ImageSize)
  | { readonly ok: false; readonly reason: string };

/** Pure. Width and height are in pixels; `reason` is a sentence for whoever chose the file. */
export function inspectImage(bytes: Uint8Array): Inspection {
  try {
    return { ok: true, ...read(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)) };
  } catch (error) {
    if (error instanceof ImageFault) return { ok: false, reason: error.message };
    throw error;
  }
}

function read(image: Buffer): { mediaType: 'image/png' | 'image/jpeg' } & ImageSize {
  if (image.length === 0) throw new ImageFault('The file is empty.');
  if (image.length >= LOGO_MAX_BYTES) {
    throw new ImageFault(`The file has ${image.length} bytes; a logo has fewer than ${LOGO_MAX_BYTES} (1 MiB).`);
  }
  if (isPng(image)) return { mediaType: 'image/png', ...readPng(image) };
  if (isJpeg(image)) return { mediaType: 'image/jpeg', ...readJpeg(image) };
  throw new ImageFault('The file is neither a PNG nor a JPEG image: its first bytes are those of neither.');
}
