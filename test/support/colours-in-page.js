/**
 * To be evaluated in a page: how far the colours of all texts, and of all shapes that mean something, stand from their ground, as WCAG 2.2 reckons it.
 */
(() => {
  const rgb = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (colour) => {
    const [red, green, blue] = rgb(colour)
      .map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (one, other) => {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  const groundOf = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at);
      if (rgb(backgroundColor)[3] !== 0) return backgroundColor;
    }
    throw new Error('the page has no ground');
  };
  const hasText = (element) =>
    [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim() !== '');
  const card = groundOf(document.querySelector('section'));
  const ratios = (selector, colourOf, groundOfShape) =>
    [...document.querySelectorAll(selector)].map((shape) => ({
      what: shape.getAttribute('class'),
      ratio: contrast(getComputedStyle(shape)[colourOf], groundOfShape),
    }));
  return {
    texts: [...document.querySelectorAll('body *')]
      .filter((element) => hasText(element) && !['title', 'desc'].includes(element.tagName))
      .map((element) => {
        const style = getComputedStyle(element);
        const colour = element instanceof SVGElement ? style.fill : style.color;
        return { what: element.textContent.slice(0, 40), ratio: contrast(colour, groundOf(element)) };
      }),
    shapes: [
      ...ratios('[class^="f-"],[class^="b-"]:not(.b-failed),.hatch-ground', 'fill', card),
      ...ratios('[class^="l-"],[class^="line-"]', 'stroke', card),
      ...ratios('.cross', 'stroke', getComputedStyle(document.querySelector('.f-failed')).fill),
    ],
  };
})();
