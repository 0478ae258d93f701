# Rego has no order of effects of its own: `allow` says that a denial outweighs.
package privacy_12

default allow := false

allow if {
	permitted
	not denied
}

# D1
denied if input.age < 13

# D2
denied if {
	input.age < 18
	not input.guardian_permission
}

# D3
denied if {
	input.objected
	input.purpose in {"improve", "marketing", "train_models"}
}

# D4
denied if input.action == "decide"

# D5
denied if {
	input.api_service
	input.action == "retain"
	"user_content" in input.data
}

# D6
denied if {
	input.purpose == "marketing"
	input.consent != "granted"
}

# D7
denied if {
	input.recipient == "other"
	input.consent != "granted"
}

# A1
permitted if {
	input.action in {"collect", "use", "retain"}
	input.purpose in {"provide", "security", "legal"}
	every item in input.data {
		item in {
			"account", "communication", "third_party", "log", "usage", "device_network", "payment", "user_content",
		}
	}
}

# A2
permitted if {
	input.action in {"collect", "use"}
	input.purpose == "improve"
	every item in input.data {
		item in {"account", "communication", "usage", "device_network", "log", "user_content", "public"}
	}
}

# A3
permitted if {
	input.purpose in {"communicate", "marketing"}
	every item in input.data {
		item in {"account", "communication", "usage", "device_network", "log"}
	}
}

# A4
permitted if {
	input.action in {"disclose", "transfer"}
	input.recipient in {"affiliate", "vendor"}
	input.purpose in {"provide", "security"}
}

# A5
permitted if {
	input.action == "disclose"
	input.recipient == "government"
	input.legal_order
}

# A6
permitted if {
	input.action == "disclose"
	input.recipient == "other"
	input.consent == "granted"
}
