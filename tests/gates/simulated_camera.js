// A canvas in place of the phone's camera. It shows a photo; once a challenge was drawn it shows
// what the simulated person does then: each picture until the page has taken it, then the next, so
// that a busy machine does not make the person late.
(() => {
  const canvas = document.createElement("canvas");
  const paint = canvas.getContext("2d");
  const draw = CanvasRenderingContext2D.prototype.drawImage;
  let photo = null;
  let frames = [];
  let stream = null;

  const bitmap = async (text) => {
    const bytes = Uint8Array.from(atob(text), (mark) => mark.charCodeAt(0));
    return createImageBitmap(new Blob([bytes], { type: "image/jpeg" }));
  };
  const show = () => {
    const picture = frames[0] ?? photo;
    if (canvas.width !== picture.width || canvas.height !== picture.height) {
      [canvas.width, canvas.height] = [picture.width, picture.height];
    }
    draw.call(paint, picture, 0, 0);
  };
  const isTaken = (source) => source instanceof HTMLVideoElement && document.querySelector(".stage");

  CanvasRenderingContext2D.prototype.drawImage = function drawImage(source, ...where) {
    draw.call(this, source, ...where);
    if (isTaken(source) && frames.length > 1) {
      frames.shift();
      show();
    }
  };
  window.simulatedCamera = {
    async play(given) {
      frames = await Promise.all(given.map(bitmap));
    },
    lose() { // as when it is unplugged, or another app takes it
      stream.getTracks().forEach((track) => track.stop());
    },
  };
  navigator.mediaDevices.getUserMedia = async () => {
    photo = photo || await bitmap(await window.cameraPhoto());
    frames = [];
    setInterval(show, 30);
    stream = canvas.captureStream(60);
    return stream;
  };
})();
