"""The same as `mmgenprior tables`."""

from _door import enter

if __name__ == '__main__':
    enter(__file__)
