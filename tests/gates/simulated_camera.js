// A canvas in place of the phone's camera. It shows a photo; once a challenge was drawn it shows
// what the simulated person does, in step with the bar that the page shows to a person.
(() => {
  const canvas = document.createElement("canvas");
  const paint = canvas.getContext("2d");
  let photo = null;
  let played = null;

  const bitmap = async (text) => {
    const bytes = Uint8Array.from(atob(text), (mark) => mark.charCodeAt(0));
    return createImageBitmap(new Blob([bytes], { type: "image/jpeg" }));
  };
  // The page moves its bar in steps: between two of them the time goes on.
  const seen = { value: 0, at: 0 };
  const now = () => {
    const value = document.querySelector(".stage progress")?.value ?? 0;
    if (value !== seen.value) [seen.value, seen.at] = [value, performance.now()];
    return value ? value * played.length + performance.now() - seen.at : 0;
  };
  // A picture takes a moment from the canvas to the page: each is shown soon after the one before.
  const due = () => {
    const [at, times] = [now(), played.times];
    let place = 0;
    while (place + 1 < times.length && times[place] + 0.35 * (times[place + 1] - times[place]) <= at) place += 1;
    return played.frames[place];
  };
  const show = () => {
    const picture = played ? due() : photo;
    if (picture) {
      if (canvas.width !== picture.width || canvas.height !== picture.height) {
        [canvas.width, canvas.height] = [picture.width, picture.height];
      }
      paint.drawImage(picture, 0, 0);
    }
    setTimeout(show, 15);
  };

  window.simulatedCamera = {
    async play(given) {
      played = { ...given, frames: await Promise.all(given.frames.map(bitmap)) };
    },
  };
  navigator.mediaDevices.getUserMedia = async () => {
    photo = photo || await bitmap(await window.cameraPhoto());
    played = null;
    show();
    return canvas.captureStream(60);
  };
})();
