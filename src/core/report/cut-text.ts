/** The text, or as much of it as so many characters take, with a sign that it goes on. Never cuts a character in two. */
export function cutText(text: string, characters: number): string {
  if (text.length <= characters) return text;
  const all = [...text.slice(0, 2 * characters + 2)];
  return all.length <= characters ? all.join('') : `${all.slice(0, characters - 1).join('')}…`;
}
