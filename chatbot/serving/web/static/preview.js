"use strict";
/* The sample page of the playground: carries the widget with the options of its address. */
const script = document.createElement("script");
script.src = "../widget.js";
Object.assign(script.dataset, Object.fromEntries(new URLSearchParams(location.search)));
document.head.append(script);
