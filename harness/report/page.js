/* page.js - the page's only script: a click on a column's head sorts by it. Part of every page. */
'use strict';
document.querySelectorAll('table.sortable').forEach(function (table) {
  var body = table.tBodies[0];
  var heads = Array.from(table.tHead.rows[0].cells);
  function key(row, i) {
    var cell = row.cells[i];
    if (cell.hasAttribute('data-v')) return Number(cell.getAttribute('data-v'));
    var text = cell.textContent.trim();
    return text === '' || text === '\u2013' ? null : isNaN(text) ? text : Number(text);
  }
  function order(a, b) {
    if (typeof a === 'number' && typeof b === 'number') return a - b;
    return String(a).localeCompare(String(b), 'en', {numeric: true});
  }
  heads.forEach(function (th, i) {
    var button = document.createElement('button');
    button.type = 'button';
    while (th.firstChild) button.appendChild(th.firstChild);
    th.appendChild(button);
    button.addEventListener('click', function () {
      var down = th.getAttribute('aria-sort') === 'ascending';
      heads.forEach(function (h) { h.removeAttribute('aria-sort'); });
      th.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      Array.from(body.rows).map(function (row, n) {
        return {row: row, key: key(row, i), n: n};
      }).sort(function (a, b) {
        if (a.key === null || b.key === null)
          return (a.key === null) - (b.key === null) || a.n - b.n;
        return (down ? -1 : 1) * order(a.key, b.key) || a.n - b.n;
      }).forEach(function (e) { body.appendChild(e.row); });
    });
  });
});
