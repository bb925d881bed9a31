"""``--launcher ray``: workers that hold the model, which come and go while a run is at work.

Ray starts them on the machines of its cluster, and again where they die. The run itself stays one:
its first process holds the work dir, deals out the images and draws the bar; a worker restores
what it is given by the same loop as any other process, and writes it into the same ledger.
"""
