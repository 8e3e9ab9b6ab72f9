"""The drills: members that are stopped, killed, frozen and restored while rows are written, and a region that is lost under
production."""
