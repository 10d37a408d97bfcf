BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
    $null = New-ReuseportGroup web -SlotCount 4 -Port 5300 -Protocol Udp, Tcp
    Set-Content TestDrive:/weighted.yaml @'
version: 1
policy: weighted
slots: { canary: [2, 3] }
otherwise: { by: weighted, weights: { 0: 3, 1: 1, canary: 2 } }
'@
    $null = Set-SteeringPolicy web (Import-SteeringPolicy TestDrive:/weighted.yaml)
}

Describe 'Resume-SocketSlot' {
    It 'gives new flows to a drained slot again' {
        $before = (Get-SocketSlot web).Share
        $null = Suspend-SocketSlot web canary
        (Get-SocketSlot web -Slot 2).Share | Should -Be 0
        (Resume-SocketSlot web canary).Changed | Should -Be 'slot 2: State Draining -> Active', 'slot 3: State Draining -> Active'
        (Get-SocketSlot web).Share | Should -Be $before
    }

    It 'says that nothing changed' {
        (Resume-SocketSlot web 0).HasChanged | Should -BeFalse
    }

    It 'takes slots from the pipeline' {
        $null = Suspend-SocketSlot web 0
        (Get-SocketSlot web | Where-Object State -EQ 'Draining' | Resume-SocketSlot).Slot | Should -Be 0
    }

    It 'does nothing with -WhatIf' {
        $null = Suspend-SocketSlot web 0
        Resume-SocketSlot web 0 -WhatIf | Should -BeNullOrEmpty
        (Get-SocketSlot web -Slot 0).State | Should -Be 'Draining'
    }
}
