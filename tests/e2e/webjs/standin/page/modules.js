// modules.js - window.require(): WhatsApp's modules by the names under which the library asks for them.

let modulesBroken = false;
const none = () => new Collection();

const modules = {
	// linking and the connection
	WAWebSocketModel: { Socket },
	WAWebCmd: { Cmd },
	WAWebConnModel: { Conn },
	WAWebOfflineHandler: { OfflineMessageHandler: { getOfflineDeliveryProgress: () => 100 } },
	WAWebAltDeviceLinkingApi: {
		setPairingType: nothing, initializeAltDeviceLinking: async () => {}, initializeQRLinking: async () => {},
		startAltLinkingFlow: async () => "ABCD1234",
	},
	WABase64: { encodeB64: base64 },
	WAWebCompanionRegClientUtils: { DEVICE_PLATFORM: "1" },
	WAWebAdvSignatureApi: { getADVSecretKey: async () => keys.adv },
	WAWebUserPrefsMultiDevice: { getADVSecretKey: () => keys.adv },
	WAWebUserPrefsInfoStore: { waNoiseInfo: { get: async () => ({ staticKeyPair: { pubKey: keys.noise } }) } },
	WAWebSignalStoreApi: {
		waSignalStore: { getRegistrationInfo: async () => ({ identityKeyPair: { pubKey: keys.identity } }) },
	},
	WAWebMiscBrowserUtils: { info: () => ({ os: "Linux", name: "Chrome" }) },
	WAWebLaunchSocketUtils: { refreshQR: () => Cmd.refreshQR() },
	WAWebStreamModel: { Stream: { markAvailable: nothing, markUnavailable: nothing } },

	// who
	WAWebUserPrefsMeUser: {
		getMaybeMePnUser: myWid, getMaybeMeLidUser: nothing, getMeUser: myWid, getMaybeMeUser: myWid,
	},
	WAWebWid: Wid,
	WAWebWidFactory: {
		createWid: wid, createWidFromWidLike: wid, toUserWidOrThrow: wid, asUserWidOrThrow: wid,
		createUserWid: (user) => new Wid(user, "c.us"),
	},
	WAWebQueryExistsJob: { queryWidExists: async (who) => (known(wid(who)) ? { wid: wid(who) } : null) },
	WAWebLidMigrationUtils: { toPn: (who) => who, toLid: nothing },
	WAWebApiContact: { getAlternateUserWid: nothing, getPhoneNumber: nothing, getCurrentLid: nothing },
	WAWebContactCollection: { ContactCollection: Contacts },
	WAWebContactGetters: {
		getIsMe: (c) => me !== null && c.id.user === me.phone, getIsUser: () => true, getIsGroup: () => false,
		getIsWAContact: () => true, getIsMyContact: () => false, getUserid: (c) => c.id.user,
		getIsEnterprise: () => false, getVerifiedName: nothing, getVerifiedLevel: nothing,
		getStatusMute: nothing, getName: nothing, getShortName: nothing, getPushname: (c) => c.pushname,
	},
	WAWebFrontendContactGetters: { getIsMyContact: () => false },

	// chats and messages
	WAWebCollections: {
		Msg: Msgs, Chat: Chats, Contact: Contacts, BusinessProfile: Business, GroupMetadata: none(),
		Call: none(), Label: none(), Blocklist: none(), StatusV3: none(), ProfilePicThumb: none(),
		QuickReply: none(), NewsletterCollection: none(), WAWebNewsletterCollection: none(),
		NewsletterMetadataCollection: none(), WAWebNewsletterMetadataCollection: none(),
	},
	WAWebMsgKey: MsgKey,
	WAWebChatGetters: { getIsNewsletter: (c) => c.id.isNewsletter(), getIsBroadcast: (c) => c.id.isBroadcast() },
	WALinkify: {
		findLink: (text) => (/https?:\/\/\S+/.exec(text ?? "") ?? []).map((href) => ({ href, url: href }))[0],
		findLinks: (text) => ((text ?? "").match(/https?:\/\/\S+/g) ?? []).map((href) => ({ href })),
	},
	WAWebLinkPreviewChatAction: { getLinkPreview: async () => null },
	WAWebGetEphemeralFieldsMsgActionsUtils: { getEphemeralFields: () => ({}) },
	WAWebUpdateUnreadChatAction: { sendSeen: async () => report("seen", {}) },
	WAWebFindChatAction: { findOrCreateLatestChat: async (id) => ({ chat: await Chats.find(id), created: false }) },
	WAWebSendMsgChatAction: { addAndSendMsgToChat: sendOut },
	WAWebChatLoadMessages: { loadEarlierMsgs: async () => [] },
	WAWebPresenceChatAction: { sendPresenceAvailable: nothing, sendPresenceUnavailable: nothing },
	WAWebL10N: { getRegion: () => "US" },
	WAWebAddonReactionTableMode: { reactionTableMode: { bulkUpsert: nothing } },
	WAWebAddonPollVoteTableMode: { pollVoteTableMode: { bulkUpsert: nothing } },
	WAWebBackendJobsCommon: { mediaTypeFromProtobuf: () => null },
	WAWebE2EProtoUtils: { typeAttributeFromProtobuf: () => "text" },
	WAWebSyncGatingUtils: { isPlaceholderMessageResendEnabled: () => false },
	...mediaModules,
};

// A name that is not in the table is an empty module, the same object each time.
const asked = new Set();
window.require = (name) => {
	asked.add(name);
	if (modulesBroken && name === "WAWebCollections") throw new Error(`Requiring unknown module "${name}"`);
	return (modules[name] ??= {});
};
