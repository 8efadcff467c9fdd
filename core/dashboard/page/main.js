// main.js - begins: who is there?  Then either the log-in or the views.

import { Problem, get, whenLoggedOut } from "./api.js";
import { learn } from "./features.js";
import * as live from "./live.js";
import { login } from "./login.js";
import { say } from "./notes.js";
import { shell } from "./shell.js";

const app = document.getElementById("app");
let leave = () => {};

async function enter(session, byUser = true) {
	leave();
	await learn();
	whenLoggedOut((problem) => leaveSession(problem.message));
	leave = shell(app, session, leaveSession, byUser);
}

function leaveSession(why = "") {
	leave();
	leave = () => {};
	whenLoggedOut(() => {});
	live.stop();
	document.querySelectorAll("dialog").forEach((dialog) => dialog.close());
	login(app, why, enter);
}
// The address says which view is shown, so a jump inside the page must not change it.
document.querySelector(".skip").addEventListener("click", (e) => {
	const main = document.getElementById("main");
	e.preventDefault();
	main.tabIndex = -1;
	main.focus();
});

get("/v1/session").then((session) => enter(session, false), (problem) => {
	const nobody = problem instanceof Problem && problem.status === 401;
	leaveSession(nobody ? "" : problem.message);
	if (!nobody) say(problem.message);
});
