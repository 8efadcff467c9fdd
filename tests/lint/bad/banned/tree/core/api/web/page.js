a.textContent = b;
a.innerHTML = b;
a.insertAdjacentHTML("beforeend", b);
