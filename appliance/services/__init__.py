"""Use cases: each public function opens one transaction; parts take the open one."""
