// Files made on the page, for those who have none at hand.

/** A question, spoken by espeak-ng: "What happens when a worker crashes?" */
export async function note(): Promise<Blob> {
  const answer = await fetch("/question.ogg");
  if (!answer.ok) throw new Error(`The sample could not be fetched: the server answered ${answer.status}.`);
  return new Blob([await answer.arrayBuffer()], { type: "audio/ogg; codecs=opus" });
}

export async function picture(): Promise<File> {
  const canvas = drawn(640, 420, (pen) => {
    const sky = pen.createLinearGradient(0, 0, 0, 420);
    sky.addColorStop(0, "#f9c98b");
    sky.addColorStop(1, "#f0795b");
    pen.fillStyle = sky;
    pen.fillRect(0, 0, 640, 420);
    disc(pen, 450, 190, 62, "#fff3d6");
    hill(pen, 300, "#0c6a5d");
    hill(pen, 355, "#084b42");
  });
  return fileOf(canvas, "evening.jpg", "image/jpeg");
}

export async function sticker(): Promise<File> {
  const canvas = drawn(512, 512, (pen) => {
    disc(pen, 256, 256, 236, "#ffffff");
    disc(pen, 256, 256, 216, "#f7b733");
    disc(pen, 180, 210, 26, "#3a2c0f");
    disc(pen, 332, 210, 26, "#3a2c0f");
    pen.lineWidth = 24;
    pen.lineCap = "round";
    pen.strokeStyle = "#3a2c0f";
    pen.beginPath();
    pen.arc(256, 270, 100, 0.15 * Math.PI, 0.85 * Math.PI);
    pen.stroke();
  });
  return fileOf(canvas, "sticker.webp", "image/webp");
}

function disc(pen: CanvasRenderingContext2D, x: number, y: number, radius: number, colour: string) {
  pen.fillStyle = colour;
  pen.beginPath();
  pen.arc(x, y, radius, 0, Math.PI * 2);
  pen.fill();
}

export async function document(): Promise<File> {
  const lines = ["item,pieces,price", "apples,6,2.40", "bread,1,3.10", "coffee,2,9.80", ""];
  return new File([lines.join("\r\n")], "shopping list.csv", { type: "text/csv" });
}

function hill(pen: CanvasRenderingContext2D, top: number, colour: string) {
  pen.fillStyle = colour;
  pen.beginPath();
  pen.moveTo(0, 420);
  for (let x = 0; x <= 640; x += 8) pen.lineTo(x, top - 36 * Math.sin(x / 90 + top));
  pen.lineTo(640, 420);
  pen.fill();
}

function drawn(width: number, height: number, draw: (pen: CanvasRenderingContext2D) => void): HTMLCanvasElement {
  const canvas = window.document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const pen = canvas.getContext("2d");
  if (pen === null) throw new Error("This browser cannot draw the sample. Choose a file instead.");
  draw(pen);
  return canvas;
}

function fileOf(canvas: HTMLCanvasElement, name: string, type: string): Promise<File> {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      // A browser without an encoder for it gives a PNG.
      if (blob?.type === type) resolve(new File([blob], name, { type }));
      else reject(new Error(`This browser cannot make ${type} files. Choose a file instead.`));
    }, type);
  });
}
