/** The script of an HTML report: filters. Without it everything is shown. */
export const script = `
const cases = [...document.querySelectorAll('.case')];
const groups = [...document.querySelectorAll('.group')];
const form = document.querySelector('.filters');
const count = document.querySelector('.count');
const empty = document.querySelector('.empty');
const update = () => {
  const chosen = [...form.querySelectorAll('input:checked')].map((input) => input.value);
  const group = form.elements.group.value;
  const words = form.elements.text.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let shown = 0;
  for (const one of cases) {
    const verdicts = one.dataset.verdicts.split(' ');
    const fits = verdicts.some((verdict) => chosen.includes(verdict))
      && (group === '' || one.dataset.group === group)
      && words.every((word) => one.dataset.text.includes(word));
    one.hidden = !fits;
    if (fits) shown++;
  }
  for (const one of groups) one.hidden = one.querySelector('.case:not([hidden])') === null;
  count.textContent = shown + ' of ' + cases.length + ' cases';
  empty.hidden = shown > 0;
};
const openTarget = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target === null) return;
  target.hidden = false;
  target.closest('.group').hidden = false;
  target.open = true;
  target.scrollIntoView();
};
form.hidden = false;
form.addEventListener('input', update);
form.addEventListener('submit', (event) => event.preventDefault());
addEventListener('hashchange', openTarget);
update();
openTarget();
`;
