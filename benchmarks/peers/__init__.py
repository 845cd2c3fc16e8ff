"""groupgate beside hand-written Node gateways over the same upstream."""
