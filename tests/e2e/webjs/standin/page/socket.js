// socket.js - the three singletons that the library listens to: Socket, Conn and Cmd.

class SocketModel extends Events {
	constructor() {
		super();
		Object.assign(this, { state: "OPENING", hasSynced: false, stream: "CONNECTED" });
	}
	set(state) {
		if (this.state === state) return;
		this.state = state;
		report("state", { state });
		this.trigger("change:state", this, state);
	}
	synced() {
		this.hasSynced = true;
		this.trigger("change:hasSynced", this, true);
	}
	async logout() { await logOut("the library asked"); }
	takeover() { this.set("CONNECTED"); }
	reconnect() {
		this.set("OPENING");
		setTimeout(() => this.set("CONNECTED"), 200);
	}
}

class ConnModel extends Events {
	constructor() {
		super();
		Object.assign(this, { ref: undefined, platform: "android", pushname: "", connected: true });
	}
	serialize() {
		const { ref, platform, pushname } = this;
		return { id: undefined, ref, connected: true, platform, pushname, is24h: true, lc: "US", lg: "en" };
	}
}

const Socket = new SocketModel();
const Conn = new ConnModel();
const Cmd = Object.assign(new Events(), {
	refreshQR: () => {
		Socket.set("UNPAIRED");
		codes = 0;
		nextCode();
	},
});
for (const name of ["openChatBottom", "openDrawerMid", "chatSearch", "openChatAt", "msgInfoDrawer", "closeDrawerRight"])
	Cmd[name] = async () => true;
